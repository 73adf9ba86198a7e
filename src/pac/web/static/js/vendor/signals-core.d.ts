// What tsc reads instead of signals-core.js: the types the package comes with.
export * from "@preact/signals-core";
