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
  bar.addEventListener("components-reconnect-state-changed", (event) => {
    const state = event.detail.state;
    bar.hidden = state === "hide";
    if (state === "show") text.textContent = "Connection lost. Reconnecting…";
    if (state === "failed") tryAgain();
    if (state === "rejected") location.reload();
  });
})();
