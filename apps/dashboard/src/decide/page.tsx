export function DecidePage() {
  return <h1>Decide</h1>;
}
