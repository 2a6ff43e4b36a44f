namespace Ecodrix.App.Pages.Settings;

/// <summary>Code for the client's developers, ready to copy.</summary>
internal static class IntegrationSnippets
{
    public const string Helper = """
        // lib/ecodrix.ts
        const call = async (method: string, path: string, body?: unknown) => {
          const response = await fetch(`${process.env.ECODRIX_API_URL}${path}`, {
            method,
            headers: {
              "content-type": "application/json",
              "x-api-key": process.env.ECODRIX_API_KEY!,
              "x-client-code": process.env.ECODRIX_CLIENT_CODE!,
            },
            body: body ? JSON.stringify(body) : undefined,
          });
          const json = await response.json();
          if (!json.success) throw new Error(`${json.code}: ${json.message} (${json.requestId})`);
          return json;
        };

        export const trigger = (payload: object) => call("POST", "/api/saas/workflows/trigger", payload);
        """;

    public const string Receiver = """
        // api/ecodrix-callback.ts
        import crypto from "crypto";

        export async function POST(request: Request) {
          const raw = await request.text(); // The bytes as they came: parsing and writing again changes them.
          const given = Buffer.from(request.headers.get("x-ecodrix-signature") ?? "");
          const expected = Buffer.from("sha256=" + crypto.createHmac("sha256", process.env.ECODRIX_WEBHOOK_SECRET!).update(raw).digest("hex"));
          // timingSafeEqual throws on different lengths: compare them first.
          if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
            return Response.json({ error: "invalid signature" }, { status: 401 });
          }

          const event = JSON.parse(raw); // event.id is the same for every repeat of a delivery
          return Response.json({ received: true });
        }
        """;
}
