/** A module of the API as built, by its path in `dist`; apps are no packages to import. */
export const builtApi = (file) =>
  import(new URL(`../../../apps/api/dist/${file}`, import.meta.url));
