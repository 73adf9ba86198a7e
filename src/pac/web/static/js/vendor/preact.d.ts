// What tsc reads instead of preact.js: the types the package comes with.
export * from "preact";
