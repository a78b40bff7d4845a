"use strict";
// A bank's file goes on by itself, step after step; without this script the officer presses the button.
const rest = document.querySelector("form[data-continue]");
if (rest) window.setTimeout(() => rest.requestSubmit(), 400);

// j and k walk the list, enter opens; as in the other lists of work.
const links = [...document.querySelectorAll("table.cases tbody tr a")];
let place = -1;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step || !links.length) return;
  event.preventDefault();
  place = Math.min(Math.max(place + step, 0), links.length - 1);
  links[place].focus();
});
