import { defineConfig } from "vite";

// One file, which the Python package carries: the page includes it as text, and the widget loads it as a module.
export default defineConfig({
  build: {
    target: "es2022",
    outDir: "../src/hardwire/live/bundle",
    emptyOutDir: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    lib: { entry: "src/main.tsx", formats: ["es"], fileName: () => "explore.js" },
    minify: "oxc",
  },
});
