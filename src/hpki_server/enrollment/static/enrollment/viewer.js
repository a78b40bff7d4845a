// Papers beside the entries: one at a time, larger, smaller, turned.  Without it they stand below each other.
"use strict";
(() => {
  const viewer = document.querySelector("[data-viewer]");
  if (!viewer) return;
  const sheets = [...viewer.querySelectorAll("[data-sheet]")];
  const tabs = [...viewer.querySelectorAll("[data-show]")];
  const state = new Map(sheets.map((sheet) => [sheet, { zoom: 1, turn: 0 }]));
  let shown = sheets[0];

  const draw = (sheet) => {
    const { zoom, turn } = state.get(sheet);
    const frame = sheet.querySelector(".sheet-frame");
    const room = sheet.querySelector(".sheet-room");
    const image = sheet.querySelector("img");
    if (!image.naturalWidth) return;
    const upright = turn % 180 === 0;
    const wide = (frame.clientWidth - 4) * zoom;
    const ratio = image.naturalHeight / image.naturalWidth;
    // A small portrait is not blown up to the width of a sheet at first sight.
    const least = zoom === 1 ? Math.min(wide, image.naturalWidth) : Math.min(wide, image.naturalWidth * zoom);
    const width = upright ? least : least / ratio;
    const height = width * ratio;
    image.style.width = `${width}px`;
    image.style.height = `${height}px`;
    room.style.width = `${upright ? width : height}px`;
    room.style.height = `${upright ? height : width}px`;
    image.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
  };
  const show = (part) => {
    for (const sheet of sheets) sheet.hidden = sheet.dataset.sheet !== part;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.show === part));
    shown = sheets.find((sheet) => sheet.dataset.sheet === part);
    draw(shown);
  };
  const tools = {
    in: (now) => ({ ...now, zoom: Math.min(now.zoom * 1.25, 6) }),
    out: (now) => ({ ...now, zoom: Math.max(now.zoom / 1.25, 0.4) }),
    turn: (now) => ({ ...now, turn: (now.turn + 90) % 360 }),
    fit: () => ({ zoom: 1, turn: 0 }),
  };
  const use = (tool) => {
    state.set(shown, tools[tool](state.get(shown)));
    draw(shown);
  };
  viewer.classList.add("alive");
  for (const hidden of viewer.querySelectorAll("button[hidden], .viewer-tools, .viewer-hint")) hidden.hidden = false;
  for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.show));
  for (const button of viewer.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => use(button.dataset.tool));
  }
  const letters = { "+": "in", ";": "in", "=": "in", "-": "out", r: "turn", R: "turn", 0: "fit" };
  for (const sheet of sheets) {
    sheet.querySelector("img").addEventListener("load", () => draw(sheet));
    // Letters count only while a paper has the focus.
    sheet.querySelector(".sheet-frame").addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in letters)) return;
      event.preventDefault();
      use(letters[event.key]);
    });
  }
  window.addEventListener("resize", () => draw(shown));
  show(sheets[0].dataset.sheet);
})();
(() => {
  // Whoever opens a case that nobody has, has it: told to the server without leaving the page.
  const form = document.querySelector("form[data-hold]");
  if (!form) return;
  fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).then(() => form.remove(), () => {});
})();
