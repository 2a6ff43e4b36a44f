// A thin bar while the connection is away; nothing blocks the screen, and what was typed stays where it is.
(() => {
  const bar = document.getElementById("components-reconnect-modal");
  if (!bar) return;
  const text = bar.querySelector(".connection-text");
  bar.querySelector(".connection-retry").addEventListener("click", () => location.reload());
  bar.addEventListener("components-reconnect-state-changed", (event) => {
    const state = event.detail.state;
    bar.hidden = state === "hide";
    if (state === "show") text.textContent = "Connection lost. Reconnecting…";
    if (state === "failed") { text.textContent = "Still no connection. Trying again…"; setTimeout(() => Blazor.reconnect().then((ok) => { if (ok === false) location.reload(); }).catch(() => {}), 3000); }
    if (state === "rejected") location.reload();
  });
})();
