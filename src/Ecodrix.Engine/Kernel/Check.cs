using System.Net.Mail;
using System.Text.Json;

namespace Ecodrix.Engine.Kernel;

/// <summary>Collects the faults of an input, so that a caller is told all of them at once.</summary>
public sealed class Check
{
    private readonly List<Fault> _faults = [];

    /// <summary>Whether anything was wrong so far.</summary>
    public bool HasFaults => _faults.Count > 0;

    /// <summary>Notes a fault unless the condition holds.</summary>
    public Check That(bool holds, string field, string message)
    {
        if (!holds)
        {
            _faults.Add(new Fault(field, message));
        }

        return this;
    }

    /// <summary>A trimmed text of 1 to <paramref name="max"/> characters that must be there.</summary>
    public string Required(string? value, string field, int max = 200)
    {
        var text = Text(value, field, max);
        That(text is not null || value?.Length > max, field, $"{field} is required.");
        return text ?? "";
    }

    /// <summary>A trimmed text of at most <paramref name="max"/> characters; blank counts as absent.</summary>
    public string? Text(string? value, string field, int max = 200)
    {
        var text = value?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        That(text.Length <= max, field, $"{field} may have at most {max} characters; it has {text.Length}.");
        return text.Length <= max ? text : null;
    }

    /// <summary>An e-mail address, lower-cased, or null when absent.</summary>
    public string? Email(string? value, string field)
    {
        var text = Text(value, field, 254);
        if (text is null)
        {
            return null;
        }

        var good = MailAddress.TryCreate(text, out var address) && address.Address == text && !text.Contains(' ');
        That(good, field, $"{field} is not an e-mail address: \"{text}\".");
        return good ? text.ToLowerInvariant() : null;
    }

    /// <summary>A phone number as E.164, or null when absent; an impossible one is a fault.</summary>
    /// <param name="value">As written by a person or a system.</param>
    /// <param name="field">The field's name.</param>
    /// <param name="country">The ISO 3166 country a number without <c>+</c> is read in.</param>
    public string? Phone(string? value, string field, string country)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        var phone = PhoneNumbers.Normalise(value, country);
        That(phone is not null, field, $"{field} is not a possible phone number: \"{Shorten(value)}\". Send it with its country code, for example +919876543210.");
        return phone;
    }

    /// <summary>A number within a range, both ends in.</summary>
    public Check Range(decimal? value, string field, decimal min, decimal max) =>
        That(value is null || (value >= min && value <= max), field, $"{field} must be between {min} and {max}; it is {value}.");

    /// <summary>One of a few words.</summary>
    public Check OneOf(string? value, string field, IReadOnlyCollection<string> words) =>
        That(value is null || words.Contains(value), field, $"{field} must be one of {string.Join(", ", words)}; it is \"{Shorten(value ?? "")}\".");

    /// <summary>A JSON object, null or nothing.</summary>
    public Check JsonObject(JsonElement? value, string field) =>
        That(value is null or { ValueKind: JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined }, field, $"{field} must be an object.");

    /// <summary>Notes faults found elsewhere.</summary>
    public Check AddRange(IEnumerable<Fault> faults)
    {
        _faults.AddRange(faults);
        return this;
    }

    /// <summary>Refuses with everything noted.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, when anything was noted.</exception>
    public void Throw()
    {
        if (HasFaults)
        {
            throw RefusedException.Validation([.. _faults]);
        }
    }

    private static string Shorten(string value) => value.Length <= 60 ? value : Texts.Cut(value, 60) + "…";
}
