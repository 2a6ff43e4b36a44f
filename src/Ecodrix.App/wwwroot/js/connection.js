// A thin bar while the connection is away; nothing blocks the screen, and what was typed stays where it is.
(() => {
  const bar = document.getElementById("components-reconnect-modal");
  if (!bar) return;
  const text = bar.querySelector(".connection-text");
  bar.querySelector(".connection-retry").addEventListener("click", () => location.reload());
  let trying = false;
  // The framework has given up: asked again, with longer and longer pauses, until the server takes the page back or no longer knows it.
  const tryAgain = async () => {
    if (trying) return;
    trying = true;
    text.textContent = "Still no connection. Trying again…";
    for (let wait = 1000; !bar.hidden; wait = Math.min(wait * 2, 30000)) {
      await new Promise((done) => setTimeout(done, wait));
      if (bar.hidden) break;
      try {
        if (await Blazor.reconnect()) break;
        location.reload();
      } catch { /* Not there yet. */ }
    }
    trying = false;
  };
  // What is written while nobody hears is told once somebody does: half of it would be sent otherwise. That a line is dead is noticed late, so it counts from before.
  const LATE = 60000;
  const written = new Map();
  let lost = 0;
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const names = written.get(event.target)?.names ?? new Set();
      written.set(event.target, { names: names.add(name), at: Date.now() });
      for (const [field, { at }] of written) if (bar.hidden && at < Date.now() - LATE) written.delete(field);
    }, true);
  }
  const tellWritten = () => {
    // A choice does something by itself, so it is told again only where it was surely not heard; a file is chosen anew by whoever wants it.
    const chosen = "select, [type=checkbox], [type=radio]";
    const late = [...written].filter(([field, { at }]) => field.isConnected && field.type !== "file" && at > lost - (field.matches?.(chosen) ? 0 : LATE));
    written.clear();
    for (const [field, { names }] of late) for (const name of names) field.dispatchEvent(new Event(name, { bubbles: true }));
  };
  bar.addEventListener("components-reconnect-state-changed", (event) => {
    const state = event.detail.state;
    if (state === "show" && bar.hidden) lost = Date.now();
    bar.hidden = state === "hide";
    if (state === "hide") tellWritten();
    if (state === "show") text.textContent = "Connection lost. Reconnecting…";
    if (state === "failed") tryAgain();
    if (state === "rejected") location.reload();
  });
})();
