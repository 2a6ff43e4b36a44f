using System.Globalization;
using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Writes leads as CSV.</summary>
public sealed class LeadExport
{
    private const int BatchSize = 1000;

    private static readonly string[] Columns =
    [
        "id", "firstName", "lastName", "phone", "email", "source", "status", "pipeline", "stage", "dealValue", "dealTitle", "score", "tags",
        "assignedTo", "lastContactedAt", "closedAt", "closeReason", "optedOut", "createdAt", "updatedAt", "refs", "extra",
    ];

    private static readonly ProjectionDefinition<Lead> Read = Builders<Lead>.Projection
        .Exclude(l => l.SearchTerms).Exclude(l => l.StageHistory).Exclude(l => l.ScoreHistory).Exclude(l => l.ScoreBreakdown).Exclude(l => l.Pending).Exclude(l => l.RefKeys);

    private readonly AuditLog _audit;

    internal LeadExport(AuditLog audit) => _audit = audit;

    /// <summary>Checks a filter, so that a fault is answered before the first line is on its way.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public void Check(TenantScope scope, LeadFilter filter) => LeadSearch.Read(scope, filter);

    /// <summary>
    /// Writes the leads that match, newest first, with a line of names on top. However many there are, only a batch is held at a time.
    /// </summary>
    public async Task WriteAsync(TenantScope scope, LeadFilter filter, Stream output, CancellationToken ct)
    {
        var pipelines = await scope.Db.Pipelines.Find(Builders<Pipeline>.Filter.Gt(p => p.Id, ObjectId.Empty)).ToListAsync(ct);
        var names = pipelines.ToDictionary(p => p.Id, p => p.Name);
        var stages = pipelines.SelectMany(p => p.Stages).ToDictionary(s => s.Id, s => s.Name);
        var lines = new StringBuilder();
        Csv.Append(lines, Columns);
        var matching = scope.VisibleLeads() & await LeadSearch.ReadAsync(scope, filter, ct);
        await _audit.NoteAsync(scope, "leads.exported", null, null, BsonJson.ToDocument(JsonSerializer.SerializeToElement(Told(filter), EcodrixJson.Options)), ct);
        using var cursor = await scope.Db.Leads.Find(matching, new FindOptions { BatchSize = BatchSize }).Sort(LeadSearch.Sort(filter)).Project<Lead>(Read).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            foreach (var lead in cursor.Current)
            {
                Csv.Append(lines, Cells(lead, names, stages));
            }

            await FlushAsync(lines, output, ct);
        }

        await FlushAsync(lines, output, ct);
    }

    /// <summary>What was narrowed by; of words and references that may be a person's only that there were some, since the log outlives an erasure.</summary>
    private static LeadFilter Told(LeadFilter filter) => filter with
    {
        Search = Kept(filter.Search),
        AppointmentId = Kept(filter.AppointmentId),
        BookingId = Kept(filter.BookingId),
        OrderId = Kept(filter.OrderId),
    };

    private static string? Kept(string? said) => string.IsNullOrWhiteSpace(said) ? null : "(not kept)";

    private static async Task FlushAsync(StringBuilder lines, Stream output, CancellationToken ct)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), ct);
        lines.Clear();
    }

    private static string?[] Cells(Lead lead, Dictionary<ObjectId, string> pipelines, Dictionary<ObjectId, string> stages) =>
    [
        lead.Id.ToString(), lead.FirstName, lead.LastName, lead.Phone, lead.Email, lead.Source, lead.Status.Word(),
        pipelines.GetValueOrDefault(lead.PipelineId), stages.GetValueOrDefault(lead.StageId),
        lead.DealValue.ToString(CultureInfo.InvariantCulture), lead.DealTitle, lead.Score.ToString(CultureInfo.InvariantCulture),
        string.Join(", ", lead.Tags), lead.AssignedTo, Time(lead.LastContactedAt), Time(lead.ClosedAt), lead.CloseReason,
        lead.OptedOut ? "true" : "false", Time(lead.CreatedAt), Time(lead.UpdatedAt), Data(lead.Metadata.Refs), Data(lead.Metadata.Extra),
    ];

    private static string? Time(DateTime? time) => time is null ? null : Moments.Write(time.Value);

    private static string? Data(BsonDocument data) => data.ElementCount == 0 ? null : BsonJson.ToObject(data).ToJsonString();
}
