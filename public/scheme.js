/* Sets light or dark before the first paint; Mantine keeps the attribute up to date afterwards. */
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem("palimpsest.scheme");
  } catch (error) {
    stored = null;
  }
  var dark = stored === "dark" || (stored !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
