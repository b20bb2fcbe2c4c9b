import { Link } from '@tanstack/react-router';

/** The name of a version, and the way to it or to a part of it. */
export function VersionLink({
  version,
  part,
  name = version,
  label,
}: {
  readonly version: string;
  readonly part?: string;
  /** What is shown instead of its name, and what is read out then. */
  readonly name?: string;
  readonly label?: string;
}) {
  return (
    <Link
      to="/models"
      search={part === undefined ? { version } : { version, part }}
      className={name === version ? 'models-version' : ''}
      aria-label={label}
    >
      {name}
    </Link>
  );
}
