// What a server under test does besides serving: says its port, and what it has used so far.

/** To be called once the server listens. */
export function hosted(port) {
  process.on('message', (question) => {
    if (question === 'usage') {
      globalThis.gc?.();
      const { user, system } = process.cpuUsage();
      process.send({ cpu: (user + system) / 1e6, heap: process.memoryUsage().heapUsed });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ port });
}
