import fc from 'fast-check';

/** A change is judged by the same cases each time; `npm run soak -- properties` looks for those that nobody has met. */
const seed = process.env.GWE_PROPERTY_SEED;
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
