// A file may be dropped on the form instead of chosen; without this script it is chosen.
"use strict";
for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector('input[type="file"][name="document"]');
  const hint = form.querySelector(".drop-hint");
  if (!input) continue;
  if (hint) hint.hidden = false;
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("dropping"); });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => form.classList.remove("dropping"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.focus();
    }
  });
}
