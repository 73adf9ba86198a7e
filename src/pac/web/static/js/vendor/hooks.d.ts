// What tsc reads instead of hooks.js: the types the package comes with.
export * from "preact/hooks";
