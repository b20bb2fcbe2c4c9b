import { Controller, Get, type INestApplication, Redirect } from '@nestjs/common';
import {
  ApiExcludeController,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { REQUEST_NAME } from './record/record-dto.js';

/** Where the documentation is; the document itself is at `/docs-json` and `/docs-yaml`. */
const DOCS_PATH = 'docs';

const DESCRIPTION = `Predicts the click-through rate (CTR) of an ad placement, and decides by it.
Errors are problem details (RFC 9457) with a stable \`code\`.`;

/** Adds the Swagger UI and the OpenAPI document, which follow from the routes' own decorators. */
export function addDocs(app: INestApplication): void {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('AdScale')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addTag('Prediction')
    .addTag('Decisions')
    .addTag('Open Inference Protocol')
    .addTag('Models')
    .addTag('Operation')
    .build();
  const document = SwaggerModule.createDocument(app, description);
  SwaggerModule.setup(DOCS_PATH, app, forbidUnknownFields(document));
}

/** Nest has no decorator to say what the validation does: a field that is not listed is refused. */
function forbidUnknownFields(document: OpenAPIObject): OpenAPIObject {
  Object.assign(document.components?.schemas?.[REQUEST_NAME] ?? {}, {
    additionalProperties: false,
  });
  return document;
}

/** Redirects the bare address to the documentation. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Redirect(`/${DOCS_PATH}`, 302)
  home(): void {}
}
