// # Layout
//
// nothing yet
export {};
