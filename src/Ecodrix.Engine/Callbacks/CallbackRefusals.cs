using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Callbacks;

internal static class CallbackRefusals
{
    public static RefusedException NotFound(string callbackId) =>
        new(RefusalKind.NotFound, "CALLBACK_NOT_FOUND", $"There is no callback {callbackId}.");

    public static RefusedException NoSecret(string warning) => new(RefusalKind.Conflict, "WEBHOOK_SECRET_MISSING", warning);
}
