/** Every page, as the navigation names it. */
export const pages = [
  { name: 'Live', path: '/live' },
  { name: 'What if', path: '/what-if' },
  { name: 'Decide', path: '/decide' },
  { name: 'Models', path: '/models' },
  { name: 'Monitoring', path: '/monitoring' },
  { name: 'Data', path: '/data' },
] as const;
