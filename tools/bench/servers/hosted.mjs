// What a server under test does besides serving: says its port, and what it has used so far.

/** To be called once the server listens. */
export function hosted(port) {
  process.on('message', (question) => {
    if (question === 'cpu') process.send(processorTime());
    if (question === 'memory') process.send(liveMemory());
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ port });
}

/** Without collecting garbage first: that would be counted as the requests' own. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1e6 };
}

function liveMemory() {
  // What finalisers let go of is collected by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}
