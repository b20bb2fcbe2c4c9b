// What a server under test does besides serving: says its port, and what it has used so far.

/** To be called once the server listens. */
export function hosted(port) {
  process.on('message', (question) => {
    if (question === 'usage') process.send(usage());
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ port });
}

function usage() {
  // What finalisers let go of is collected by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { cpu: (user + system) / 1e6, heap: heapUsed, external, resident: rss };
}
