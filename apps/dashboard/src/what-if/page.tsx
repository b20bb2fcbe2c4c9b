export function WhatIfPage() {
  return <h1>What if</h1>;
}
