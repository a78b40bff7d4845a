// Keyboard in lists, a word while a card works, and a fresh page after a download.  Every page works without it.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("table.cases tbody tr")];
  let here = -1;
  const go = (to) => {
    if (to < 0 || to >= rows.length) return;
    rows[here]?.classList.remove("here");
    here = to;
    rows[here].classList.add("here");
    rows[here].querySelector("a").focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") go(here + 1);
    if (event.key === "k") go(here - 1);
  });
  for (const form of document.querySelectorAll("form.once")) {
    form.addEventListener("submit", () => {
      const working = form.querySelector(".working");
      if (working) working.textContent = working.dataset.working;
      // Disabled only after the browser has taken the form's values.
      setTimeout(() => form.querySelector("button").setAttribute("disabled", ""), 0);
    });
  }
  for (const form of document.querySelectorAll("form.print")) {
    form.addEventListener("submit", () => setTimeout(() => location.assign(location.pathname), 2500));
  }
})();
