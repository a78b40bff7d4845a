// How long ago something happened, counted on beside the moment itself.  Without it the moment stands there alone.
(() => {
  const places = document.querySelectorAll("[data-clock]");
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    for (const place of places) {
      const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(place.dataset.clock)) / 1000));
      if (seconds >= 86400) { place.textContent = ""; continue; }
      const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
      place.textContent = `${two(hours)}:${two(minutes)}:${two(seconds % 60)}`;
    }
  };
  if (places.length) { tick(); setInterval(tick, 1000); }
})();
