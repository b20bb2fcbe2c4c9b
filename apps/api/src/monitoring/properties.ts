import { ApiProperty } from '@nestjs/swagger';

export const integer = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', example, description });
export const decimal = (example: number, description?: string) =>
  ApiProperty({ type: 'number', example, description });
/** Null where it cannot be told. */
export const perhaps = (example: number, description?: string) =>
  ApiProperty({ type: 'number', nullable: true, example, description });
export const words = (example: string, description?: string) =>
  ApiProperty({ type: 'string', example, description });
export const perhapsWords = (example: string, description?: string) =>
  ApiProperty({ type: 'string', nullable: true, example, description });
export const sentences = (example: string, description?: string) =>
  ApiProperty({ type: [String], example: [example], description });
