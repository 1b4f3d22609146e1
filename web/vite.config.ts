import { defineConfig } from "vite";

// Each bundle is one file, which the Python package carries: a page includes it as text, and the widget loads it as a
// module. `vite build` makes the live page, `vite build --mode play` the playground.
export default defineConfig(({ mode }) => ({
  build: {
    target: "es2022",
    outDir: mode === "play" ? "../src/hardwire/play/bundle" : "../src/hardwire/live/bundle",
    emptyOutDir: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    lib:
      mode === "play"
        ? { entry: "src/play/main.tsx", formats: ["es"], fileName: () => "play.js" }
        : { entry: "src/main.tsx", formats: ["es"], fileName: () => "explore.js" },
    minify: "oxc",
    rolldownOptions: { output: { minify: true } },
  },
  worker: { format: "es" },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
}));
