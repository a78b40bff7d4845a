// The part of a photo that the card shows: chosen here, cut by the server.  Without this file the server cuts the middle.
"use strict";
(() => {
  const PROPORTION = 35 / 45;
  const WIDTH_LEAST = 413;

  const attach = (form) => {
    const file = form.querySelector("input[type=file]");
    const box = form.querySelector(".crop");
    const frame = box.querySelector("canvas");
    const word = box.querySelector(".crop-word");
    const zoom = form.querySelector("#crop-zoom");
    const across = form.querySelector("#crop-across");
    const down = form.querySelector("#crop-down");
    const field = (name) => form.querySelector(`input[name=crop_${name}]`);
    let picture = null;

    const chosen = () => {
      // The largest part of 35 × 45, made smaller by the zoom; the sliders move it within what is left.
      const whole = Math.min(picture.width, picture.height * PROPORTION);
      const width = (whole * 100) / Number(zoom.value);
      const height = width / PROPORTION;
      return {
        left: ((picture.width - width) * Number(across.value)) / 1000,
        top: ((picture.height - height) * Number(down.value)) / 1000,
        width,
        height,
      };
    };

    const draw = () => {
      if (!picture) return;
      const part = chosen();
      const pen = frame.getContext("2d");
      pen.clearRect(0, 0, frame.width, frame.height);
      pen.drawImage(picture, part.left, part.top, part.width, part.height, 0, 0, frame.width, frame.height);
      field("left").value = (part.left / picture.width).toFixed(5);
      field("top").value = (part.top / picture.height).toFixed(5);
      field("width").value = (part.width / picture.width).toFixed(5);
      field("height").value = (part.height / picture.height).toFixed(5);
      word.textContent = part.width >= WIDTH_LEAST ? word.dataset.enough : word.dataset.small;
    };

    const nudge = (slider, steps) => {
      slider.value = String(Number(slider.value) + steps * Number(slider.step));
      draw();
    };

    const clear = (sentence) => {
      picture = null;
      for (const name of ["left", "top", "width", "height"]) field(name).value = "";
      box.hidden = !sentence;
      word.textContent = sentence || "";
    };

    file.addEventListener("change", async () => {
      clear("");
      if (!file.files.length) return;
      try {
        // Turned upright as the camera noted it, like on the server.
        picture = await createImageBitmap(file.files[0], { imageOrientation: "from-image" });
      } catch {
        clear(word.dataset.unreadable);
        return;
      }
      zoom.value = "100";
      across.value = "500";
      down.value = "500";
      box.hidden = false;
      draw();
    });
    for (const slider of [zoom, across, down]) slider.addEventListener("input", draw);

    frame.addEventListener("keydown", (event) => {
      const moves = {
        ArrowLeft: [across, -2], ArrowRight: [across, 2], ArrowUp: [down, -2], ArrowDown: [down, 2],
        "+": [zoom, 5], ";": [zoom, 5], "-": [zoom, -5],
      };
      const move = moves[event.key];
      if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      nudge(...move);
    });

    let held = null;
    frame.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, y: event.clientY };
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => {
      if (!held || !picture) return;
      const part = chosen();
      const scale = part.width / frame.clientWidth;
      const shift = (slider, moved, room) => {
        if (room > 0) slider.value = String(Number(slider.value) - (moved * scale * 1000) / room);
      };
      shift(across, event.clientX - held.x, picture.width - part.width);
      shift(down, event.clientY - held.y, picture.height - part.height);
      held = { x: event.clientX, y: event.clientY };
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => { held = null; });
  };

  for (const form of document.querySelectorAll("form.with-crop")) attach(form);

  // What is too large is said at once, before it travels.
  for (const form of document.querySelectorAll("form[data-most]")) {
    form.addEventListener("submit", (event) => {
      const files = [...form.querySelectorAll("input[type=file]")].flatMap((field) => [...field.files]);
      const told = form.querySelector(".too-large");
      const is_large = files.some((file) => file.size > Number(form.dataset.most));
      told.hidden = !is_large;
      told.textContent = is_large ? form.dataset.tooLarge : "";
      if (is_large) event.preventDefault();
    });
  }
})();
