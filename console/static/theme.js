// Light or dark before the first paint: the reader's choice, else the system's.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const chosen = root.dataset.theme;
    const isDark = chosen === "dark" || (chosen !== "light" && dark.matches);
    root.setAttribute("data-bs-theme", isDark ? "dark" : "light");
  };
  dark.addEventListener("change", show);
  show();
})();
