// What a page cannot do from the server: theme, clipboard, keys, drafts, files.
window.ecodrix = (() => {
  let frame = null;
  let received = null;
  let opening = null;
  const isOpening = () => opening && Date.now() - opening.at < 3000;
  const inField = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true]");

  document.addEventListener("keydown", (event) => {
    if (!frame) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector(".palette-input")) opening = { at: Date.now(), typed: "" };
      frame.invokeMethodAsync("KeyAsync", "palette");
    } else if (event.key === "?" && !inField(event.target)) {
      frame.invokeMethodAsync("KeyAsync", "?");
    }
  });

  // The palette comes from the server: what is typed until it is there is kept for it, and a page that has just come takes no focus from it.
  document.addEventListener("keydown", (event) => {
    if (!isOpening() || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.target.matches?.(".palette-input")) return;
    event.preventDefault();
    event.stopPropagation();
    opening.typed += event.key;
  }, true);

  document.addEventListener("focusin", (event) => {
    const input = isOpening() && document.querySelector(".palette-input");
    if (!input) return;
    if (event.target !== input) {
      input.focus();
    } else if (opening.typed) {
      input.value += opening.typed;
      opening.typed = "";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // The address at which somebody pressed something last: that page is in use.
  let usedAt = null;
  for (const input of ["keydown", "pointerdown"]) document.addEventListener(input, () => usedAt = location.href, true);
  addEventListener("popstate", () => usedAt = null);

  // A menu that is open closes, and the focus goes back to the button that opened it; a dialog around it stays.
  document.addEventListener("keydown", (event) => {
    const opener = event.key === "Escape" && document.querySelector("button[aria-haspopup=menu][aria-expanded=true]");
    if (!opener) return;
    event.preventDefault();
    event.stopPropagation();
    opener.click();
    opener.focus();
  }, true);

  // In a field with a list the arrows go through the list, and Enter takes from it: the caret and a form around it stay as they are.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("input[role=combobox]")) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown" || (event.key === "Enter" && event.target.ariaExpanded === "true")) event.preventDefault();
  });

  // While a field with Liquid offers something, these keys are those of its list.
  document.addEventListener("keydown", (event) => {
    if (event.target.dataset?.offers === "open" && !event.shiftKey && ["ArrowUp", "ArrowDown", "Enter", "Tab", "Escape"].includes(event.key)) event.preventDefault();
  });

  // Every list keeps its place: whoever comes back to an address by the browser's buttons finds it where it was left, once it is drawn that far.
  history.scrollRestoration = "manual";
  const placeKey = (list) => `scroll:${location.pathname}${location.search}:${list.className.split(" ")[0]}`;
  const scrolled = ".frame-page, .inbox .rows";
  document.addEventListener("scroll", (event) => {
    if (!event.target.matches?.(scrolled)) return;
    try { sessionStorage.setItem(placeKey(event.target), event.target.scrollTop); } catch { /* Private mode, or full: the place is not kept. */ }
  }, true);
  addEventListener("popstate", () => {
    const until = Date.now() + 3000;
    const places = () => [...document.querySelectorAll(scrolled)].map((list) => [list, Number(sessionStorage.getItem(placeKey(list)) ?? 0)]);
    const settle = () => {
      const open = places().filter(([list, top]) => top > 0 && Math.abs(list.scrollTop - top) > 2);
      for (const [list, top] of open) list.scrollTop = top;
      if (Date.now() < until && (open.length > 0 || document.querySelector(".skeleton"))) requestAnimationFrame(settle);
    };
    // After the page of that address has begun to be drawn.
    setTimeout(settle, 50);
  });

  // Escape leaves a field before it leaves what the field is in: nothing that is being written goes with it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !inField(event.target) || event.target.dataset?.offers === "open" || event.target.ariaExpanded === "true") return;
    const within = event.target.closest("[data-leave]");
    if (!within || event.target.closest("[role=dialog]")) return;
    within.focus({ preventScroll: true });
  });

  // A button that becomes its own opposite is pressed once by a double click.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest?.("[data-once]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // A list that has no keys of its own: J and K go from row to row, and the focus to what a row opens.
  document.addEventListener("keydown", (event) => {
    const by = { j: 1, k: -1 }[event.key];
    const list = by && document.querySelector("[data-rows]");
    if (!list || event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || document.querySelector("[role=dialog]") || event.target.closest?.("[role=menu]")) return;
    const links = [...list.querySelectorAll("tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
    const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  // A message is kept as it is written, whether or not the server hears of it.
  document.addEventListener("input", (event) => {
    const key = event.target.dataset?.keeps;
    if (key) keep(key, event.target.value);
  });

  // Where Enter sends it begins no line; held down it sends once, and while an input method composes it is that one's.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("textarea[data-sends]") || event.shiftKey) return;
    if (event.isComposing) { event.stopImmediatePropagation(); return; }
    event.preventDefault();
    if (event.repeat) event.stopImmediatePropagation();
  }, true);

  const keep = (key, text) => { try { text ? localStorage.setItem(key, text) : localStorage.removeItem(key); } catch { /* Not kept. */ } };

  const download = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // Firefox drags nothing that carries nothing.
  document.addEventListener("dragstart", (event) => event.dataTransfer?.setData("text/plain", event.target.dataset?.card ?? ""));

  return {
    // The frame is there: it hears of keys from now on, and is told whether the page is dark.
    begin: (reference) => {
      frame = reference;
      return document.documentElement.dataset.theme === "dark";
    },
    setDark: (dark) => {
      document.documentElement.dataset.theme = dark ? "dark" : "light";
      try { localStorage.setItem("theme", dark ? "dark" : "light"); } catch { /* Private mode: the choice lasts as long as the page. */ }
    },
    copy: async (text) => {
      try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
    },
    save: (name, type, text) => download(name, new Blob([text], { type })),
    keep,
    kept: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    // Keys pressed outside of fields, for one page or a part of it. Menus and dialogs have their keys to themselves, and Enter is that of a link or button it stands on.
    keys: (reference, wanted, within) => {
      const pressed = (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || !wanted.includes(event.key)) return;
        // A dialog has them wherever the focus is: Escape closes it, and nothing behind it hears a letter.
        if (document.querySelector("[role=dialog]")) return;
        if (event.target.closest?.("[role=menu]") || (within && !event.target.closest?.(within))) return;
        if (event.key.startsWith("Arrow") && event.target.closest?.("[aria-haspopup=menu], [role=tablist]")) return;
        if (event.key === "Enter" && event.target.closest?.("a, button, summary, [tabindex='0']")) return;
        event.preventDefault();
        reference.invokeMethodAsync("PressedAsync", event.key);
      };
      document.addEventListener("keydown", pressed);
      return { dispose: () => document.removeEventListener("keydown", pressed) };
    },
    // Of a list whose column is reversed: its end is at zero, and what is above has negative places.
    toEnd: (element) => { if (element) element.scrollTop = 0; },
    isAtEnd: (element) => !element || element.scrollTop > -40,
    // The text before the caret of a field, its last line at most.
    beforeCaret: (field) => field.selectionStart === field.selectionEnd ? field.value.slice(0, field.selectionStart).split("\n").pop() : "",
    // Writes over the last letters before the caret, closes the braces where they are still open, and answers the whole text.
    complete: (field, written, text, closes) => {
      const at = field.selectionStart;
      const rest = field.value.slice(at);
      const ends = closes && !/^[ \t]*(-?\}\}|\|)/.test(rest);
      field.setRangeText(text + (ends ? " }}" : ""), at - written, at, "end");
      return field.value;
    },
    press: (selector) => document.querySelector(selector)?.click(),
    // Calls back whenever the element comes into view: more of a list on scroll.
    watch: (element, reference) => {
      const observer = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) reference.invokeMethodAsync("SeenAsync");
      }, { rootMargin: "200px" });
      observer.observe(element);
      return { dispose: () => observer.disconnect() };
    },
    // Saved only once the server says that it was sent whole.
    receive: async (name, type, stream) => {
      received = { name, blob: new Blob([await stream.arrayBuffer()], { type }) };
    },
    saveReceived: (whole) => {
      const file = received;
      received = null;
      if (file && whole) download(file.name, file.blob);
    },
    // One recording at a time; begin answers why it cannot, in words.
    voice: (() => {
      let recorder = null, parts = [];
      const end = () => new Promise((done) => {
        const ending = recorder;
        recorder = null;
        if (!ending) { done(); return; }
        ending.onstop = done;
        ending.stop();
        ending.stream.getTracks().forEach((track) => track.stop());
      });
      return {
        begin: async () => {
          if (!navigator.mediaDevices || !window.MediaRecorder) return "Recording needs a secure (https) address and a browser that can record.";
          try {
            const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
            const type = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"].find((t) => MediaRecorder.isTypeSupported(t));
            // One that was begun before this was answered lets go of the microphone.
            await end();
            parts = [];
            recorder = new MediaRecorder(stream, type ? { mimeType: type } : undefined);
            recorder.ondataavailable = (event) => parts.push(event.data);
            recorder.start();
            return null;
          } catch (error) {
            return error.name === "NotAllowedError" ? "The browser does not allow the microphone. Allow it in the address bar and try again." : "No microphone was found.";
          }
        },
        take: async () => { await end(); return new Blob(parts); },
        stop: async () => { await end(); parts = []; },
      };
    })(),
    toFirst: (id) => {
      const first = document.getElementById(id);
      first?.scrollIntoView({ block: "center" });
      return !!first;
    },
    reveal: (selector) => document.querySelector(selector)?.scrollIntoView({ block: "nearest", inline: "center" }),
    write: (box, text) => { if (box) box.value = text; },
    // Takes what is sent out of the box; what was typed behind it meanwhile stays, and is told.
    take: (box, text) => {
      if (!box) return;
      box.value = box.value.startsWith(text) ? box.value.slice(text.length) : "";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    // To the heading of a page that has come, unless somebody already went somewhere in it.
    focusPage: (selector) => {
      const heading = document.querySelector(selector);
      if (!heading || (usedAt === location.href && document.activeElement !== document.body)) return;
      if (!heading.hasAttribute("tabindex")) heading.tabIndex = -1;
      heading.focus();
    },
    focus: (selector) => document.querySelector(selector)?.focus(),
    // Once no dialog is there. One that goes gives the focus back to where it was, which may be nowhere by then: that is mended for a second.
    focusAfterDialog: (selector) => {
      const until = performance.now() + 1000;
      let once = true;
      const look = () => {
        if (!document.querySelector("[role=dialog]") && (once || document.activeElement === document.body)) {
          once = false;
          document.querySelector(selector)?.focus();
        }
        if (performance.now() < until) requestAnimationFrame(look);
      };
      look();
    },
    // Done once somebody looks at an element: at once, unless it, or the page, is in a tab behind another.
    whenLooked: (element) => new Promise((done) => {
      const look = () => {
        if (document.visibilityState !== "visible" || (element && !element.offsetParent)) return;
        document.removeEventListener("visibilitychange", look);
        shown?.disconnect();
        done();
      };
      const shown = element && new IntersectionObserver(look);
      document.addEventListener("visibilitychange", look);
      shown?.observe(element);
      look();
    }),
    isShown: (selector) => !!document.querySelector(selector)?.offsetParent,
    // Into an element, unless the focus is somewhere in it already; nothing scrolls for it.
    focusIn: (selector) => {
      const element = document.querySelector(selector);
      if (element && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
    },
  };
})();
