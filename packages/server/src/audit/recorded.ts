import { Fault, type RecordedRequest, type Service } from "@sluice/aws-protocol";

/**
 * Returns the service with what is done through it recorded, also what is refused: an answer goes out once its record is
 * kept, and a fault in its place when it cannot be.
 */
export function recorded(service: Service, record: (request: RecordedRequest) => Promise<void> | undefined): Service {
  return {
    ...service,
    async serve(request) {
      const response = await service.serve(request);
      const { call, headers, path } = request;
      try {
        const written = record({ call, service: service.name, response });
        if (written !== undefined) await written;
        return response;
      } catch (error) {
        if (error instanceof Fault) return service.refuse(error, { requestId: call.requestId, headers, path });
        throw error;
      }
    },
  };
}
