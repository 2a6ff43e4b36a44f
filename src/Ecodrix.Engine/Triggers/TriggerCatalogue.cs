namespace Ecodrix.Engine.Triggers;

/// <summary>The names of triggers.</summary>
public static class Trigger
{
    /// <summary>An appointment was booked or confirmed.</summary>
    public const string AppointmentConfirmed = "appointment_confirmed";

    /// <summary>An appointment was cancelled.</summary>
    public const string AppointmentCancelled = "appointment_cancelled";

    /// <summary>An appointment is near.</summary>
    public const string AppointmentReminder = "appointment_reminder";

    /// <summary>A form was sent.</summary>
    public const string FormSubmitted = "form_submitted";

    /// <summary>A payment succeeded.</summary>
    public const string PaymentCaptured = "payment_captured";

    /// <summary>A product was bought.</summary>
    public const string ProductPurchased = "product_purchased";

    /// <summary>A course or service was booked.</summary>
    public const string ServiceEnrolled = "service_enrolled";

    /// <summary>A deal was won.</summary>
    public const string DealWon = "deal_won";

    /// <summary>A deal was lost.</summary>
    public const string DealLost = "deal_lost";

    /// <summary>A lead entered a stage.</summary>
    public const string StageEnter = "stage_enter";

    /// <summary>A lead left a stage.</summary>
    public const string StageExit = "stage_exit";

    /// <summary>A lead was made.</summary>
    public const string LeadCreated = "lead_created";

    /// <summary>A score rose to a threshold.</summary>
    public const string ScoreAbove = "score_above";

    /// <summary>A score fell below a threshold.</summary>
    public const string ScoreBelow = "score_below";

    /// <summary>A tag was added.</summary>
    public const string TagAdded = "tag_added";

    /// <summary>A tag was removed.</summary>
    public const string TagRemoved = "tag_removed";

    /// <summary>Nobody has been in touch with a lead for some days.</summary>
    public const string NoContact = "no_contact";
}

/// <summary>One trigger.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FiredByClient">Whether client servers may fire it; the others only the platform does.</param>
/// <param name="Description">What it stands for.</param>
public sealed record TriggerInfo(string Name, bool FiredByClient, string Description);

/// <summary>All triggers, as data.</summary>
public static class TriggerCatalogue
{
    /// <summary>The seventeen, client ones first.</summary>
    public static IReadOnlyList<TriggerInfo> All { get; } =
    [
        new(Trigger.AppointmentConfirmed, true, "Appointment booked or confirmed"),
        new(Trigger.AppointmentCancelled, true, "Appointment cancelled"),
        new(Trigger.AppointmentReminder, true, "Reminder before an appointment"),
        new(Trigger.FormSubmitted, true, "Contact or inquiry form sent"),
        new(Trigger.PaymentCaptured, true, "Payment successful"),
        new(Trigger.ProductPurchased, true, "Product purchased"),
        new(Trigger.ServiceEnrolled, true, "Course or service enrolment"),
        new(Trigger.DealWon, true, "Deal marked as won"),
        new(Trigger.DealLost, true, "Deal marked as lost"),
        new(Trigger.StageEnter, false, "Lead moved into a stage"),
        new(Trigger.StageExit, false, "Lead moved out of a stage"),
        new(Trigger.LeadCreated, false, "Lead created"),
        new(Trigger.ScoreAbove, false, "Score crosses the hot threshold"),
        new(Trigger.ScoreBelow, false, "Score drops below the cold threshold"),
        new(Trigger.TagAdded, false, "Tag added to a lead"),
        new(Trigger.TagRemoved, false, "Tag removed from a lead"),
        new(Trigger.NoContact, false, "No contact with a lead for some days"),
    ];

    /// <summary>The names client servers may fire.</summary>
    public static IReadOnlyList<string> ClientNames { get; } = [.. All.Where(t => t.FiredByClient).Select(t => t.Name)];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(t => t.Name)];
}
