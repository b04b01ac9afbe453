/** With this status the process that makes deltas says that there is none of these two; with 1 that it has failed. */
export const noDeltaStatus = 3;
