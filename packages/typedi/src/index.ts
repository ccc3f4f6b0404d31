/**
 * # Layout
 *
 * - `typedi-container.ts`  the Container port on typedi; `inject` accepts its `Token`s once this package is imported
 */
export { typediContainer } from "./typedi-container.js";
