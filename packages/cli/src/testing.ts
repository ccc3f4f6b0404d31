/** Test your actors on virtual time, without a broker. */
export { type TestSystem, testSystem, type TestSystemOptions } from "@actor-runtime/testing";
