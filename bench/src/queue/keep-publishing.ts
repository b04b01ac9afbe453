/** Publishes one message after another, this many at a time, for so many seconds; gives how many were acknowledged. */
export async function keepPublishing(
  inFlight: number,
  seconds: number,
  publish: () => Promise<unknown>,
): Promise<{ taken: number; seconds: number }> {
  const end = performance.now() + seconds * 1000;
  const began = performance.now();
  let taken = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        await publish();
        taken++;
      }
    }),
  );
  return { taken, seconds: (performance.now() - began) / 1000 };
}
