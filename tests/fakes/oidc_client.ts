/** What the provider of the tests knows the gateway by. */
export const CLIENT_ID = "porthole";
export const CLIENT_SECRET = "a secret of the test: punctuation & all";
