// Dragging cards by touch: a long press takes a card up, and what then happens is told in the events of a mouse's drag, so that the
// board has one way of dragging.
(() => {
  const HOLD = 350;    // ms until a press is a long one
  const SLACK = 8;     // px a finger may tremble meanwhile
  const EDGE = 48;     // px from the border where the board begins to scroll
  let press = null;

  const tell = (element, name, touch) => element?.dispatchEvent(new DragEvent(name, {
    bubbles: true, cancelable: true, composed: true, dataTransfer: new DataTransfer(), clientX: touch?.clientX ?? 0, clientY: touch?.clientY ?? 0,
  }));

  const under = (touch) => {
    const element = document.elementFromPoint(touch.clientX, touch.clientY);
    return { card: element?.closest(".board-card, .end"), column: element?.closest("[role=listitem]") };
  };

  const takeUp = () => {
    const { card, touch } = press;
    press.dragging = true;
    // The browser's own long-press drag would take the finger away from us.
    card.draggable = false;
    const box = card.getBoundingClientRect();
    const ghost = card.cloneNode(true);
    ghost.removeAttribute("data-card");
    ghost.setAttribute("aria-hidden", "true");
    ghost.style.cssText = `position:fixed;left:0;top:0;width:${box.width}px;pointer-events:none;opacity:.9;z-index:1400;margin:0`;
    press.ghost = document.body.appendChild(ghost);
    press.by = { x: touch.clientX - box.left, y: touch.clientY - box.top };
    follow(touch);
    navigator.vibrate?.(15);
    tell(card, "dragstart", touch);
    press.scroll = setInterval(() => scrollAt(press.touch), 16);
  };

  const follow = (touch) => {
    press.touch = touch;
    press.ghost.style.transform = `translate(${touch.clientX - press.by.x}px, ${touch.clientY - press.by.y}px)`;
    const { column } = under(touch);
    if (column && column !== press.column) {
      press.column = column;
      tell(column, "dragenter", touch);
    }
  };

  const scrollAt = (touch) => {
    const board = press.card.closest("[role=list]");
    if (board) board.scrollLeft += touch.clientX > innerWidth - EDGE ? 12 : touch.clientX < EDGE ? -12 : 0;
  };

  const end = (touch, drop) => {
    if (!press) return;
    const { card, timer, dragging, ghost, scroll } = press;
    clearTimeout(timer);
    clearInterval(scroll);
    ghost?.remove();
    press = null;
    if (!dragging) return;
    const target = drop ? under(touch) : {};
    tell(target.card ?? target.column, "drop", touch);
    tell(card, "dragend", touch);
    card.draggable = true;
  };

  document.addEventListener("touchstart", (event) => {
    end(null, false);
    const card = event.target.closest?.(".board-card[draggable=true]");
    if (!card || event.touches.length > 1 || event.target.closest("button")) return;
    press = { card, touch: event.touches[0], timer: setTimeout(takeUp, HOLD) };
  }, { passive: true });

  document.addEventListener("touchmove", (event) => {
    if (!press) return;
    const touch = event.touches[0];
    if (press.dragging) {
      event.preventDefault();
      follow(touch);
    } else if (Math.hypot(touch.clientX - press.touch.clientX, touch.clientY - press.touch.clientY) > SLACK) {
      // The finger scrolls.
      end(null, false);
    }
  }, { passive: false });

  document.addEventListener("touchend", (event) => {
    // Letting a card go is no tap: it would open it.
    if (press?.dragging) event.preventDefault();
    end(event.changedTouches[0], true);
  }, { passive: false });

  document.addEventListener("touchcancel", () => end(null, false));
  document.addEventListener("contextmenu", (event) => { if (press) event.preventDefault(); });
})();
