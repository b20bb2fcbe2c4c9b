import { Option } from 'commander';

/** Flags of every command that looks up models. */
export interface ModelsFlags {
  readonly models: string;
  readonly json?: boolean;
}

/** `-m, --models <folder>`: where models are kept; what `train` calls its output. */
export function modelsFlag(): Option {
  return new Option('-m, --models <folder>', 'registry of models')
    .env('MODEL_DIR')
    .default('models');
}

/** How every command that takes a version says what may stand there. */
export const versionHelp =
  'A version is named in full, by a tag, or as "current" or "previous"; the current one if absent.';
