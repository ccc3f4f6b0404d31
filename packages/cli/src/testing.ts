/** Test your actors on virtual time, without a broker. */
export { type TestSystem, type TestSystemOptions, testSystem } from "@actor-runtime/testing";
