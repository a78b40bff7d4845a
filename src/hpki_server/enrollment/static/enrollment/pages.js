// Keyboard in lists, a word while a card works, and a fresh page after a download.  Every page works without it.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("table.cases tbody tr")];
  let here = -1;
  // Single letters are a help to some and a nuisance to whoever speaks to the computer: they can be switched off.
  const keys = document.getElementById("list-keys");
  if (keys) {
    keys.checked = localStorage.getItem("list-keys") !== "off";
    keys.addEventListener("change", () => localStorage.setItem("list-keys", keys.checked ? "on" : "off"));
  }
  const go = (to) => {
    if (to < 0 || to >= rows.length) return;
    rows[here]?.classList.remove("here");
    here = to;
    rows[here].classList.add("here");
    rows[here].querySelector("a").focus();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
    if (typing || (keys && !keys.checked) || event.ctrlKey || event.metaKey || event.altKey) return;
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
