"use strict";
// Light and dark: what the system prefers, until somebody says otherwise.
(() => {
  const root = document.documentElement;
  const toggle = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const keep = (theme) => {
    try {
      localStorage.setItem("dreamcode-theme", theme);
    } catch {
      // some browsers keep nothing for files
    }
  };
  let theme = null;
  try {
    theme = localStorage.getItem("dreamcode-theme");
  } catch {
    // as above
  }
  const draw = () => {
    const now = theme || (dark.matches ? "dark" : "light");
    if (theme) root.dataset.theme = theme;
    toggle.textContent = now === "dark" ? "Light theme" : "Dark theme";
  };
  toggle.addEventListener("click", () => {
    theme = (theme || (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
    keep(theme);
    draw();
  });
  dark.addEventListener("change", draw);
  toggle.hidden = false;
  if (theme !== "dark" && theme !== "light") theme = null;
  draw();
})();
