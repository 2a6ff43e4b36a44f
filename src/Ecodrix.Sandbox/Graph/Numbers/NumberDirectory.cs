using System.Collections.Concurrent;
using System.Globalization;

namespace Ecodrix.Sandbox.Graph.Numbers;

/// <summary>The business numbers, and the address that each one's webhooks go to.</summary>
internal sealed class NumberDirectory
{
    /// <summary>The account that owns numbers which nobody assigned.</summary>
    public const string DefaultWaba = "102290129340398";

    /// <summary>The number that exists from the start, for the page to have something to show.</summary>
    public const string DefaultNumber = "106540352242922";

    private const int MostNumbers = 10_000;

    private readonly SandboxOptions _options;
    private readonly ConcurrentDictionary<string, BusinessNumber> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WebhookSettings> _wabaOverrides = new(StringComparer.Ordinal);

    public NumberDirectory(SandboxOptions options)
    {
        _options = options;
        Reset();
    }

    public IEnumerable<BusinessNumber> All => _numbers.Values.OrderBy(n => n.Id, StringComparer.Ordinal);

    public static bool IsId(string id) => id.Length is >= 3 and <= 32 && id.All(char.IsAsciiDigit);

    public void Reset()
    {
        _numbers.Clear();
        _wabaOverrides.Clear();
        _numbers[DefaultNumber] = Invent(DefaultNumber) with { WabaId = DefaultWaba, VerifiedName = "Nirvisham Clinic" };
    }

    /// <summary>The number of this id, made if it was not known.</summary>
    public BusinessNumber Get(string id)
    {
        if (_numbers.TryGetValue(id, out var known))
        {
            return known;
        }

        // Ids that nobody configured are served but not remembered for ever: a fuzzer must not fill the memory.
        return _numbers.Count < MostNumbers ? _numbers.GetOrAdd(id, Invent) : Invent(id);
    }

    public bool Knows(string id) => _numbers.ContainsKey(id);

    public IEnumerable<BusinessNumber> Of(string wabaId) => All.Where(n => (n.WabaId ?? DefaultWaba) == wabaId);

    public void Set(BusinessNumber number) => _numbers[number.Id] = number;

    public void Override(string wabaId, WebhookSettings? settings)
    {
        if (settings is null)
        {
            _wabaOverrides.TryRemove(wabaId, out _);
        }
        else if (_wabaOverrides.Count < MostNumbers)
        {
            _wabaOverrides[wabaId] = settings;
        }
    }

    /// <summary>The address for a number: its own, else its account's, else the sandbox's; null posts nothing.</summary>
    public WebhookSettings? WebhookFor(BusinessNumber number)
    {
        if (number.Webhook is { } own)
        {
            return own;
        }

        if (_wabaOverrides.TryGetValue(number.WabaId ?? DefaultWaba, out var waba))
        {
            return waba;
        }

        return _options.WebhookUrl is { Length: > 0 } url ? new WebhookSettings(url, _options.AppSecret, _options.VerifyToken) : null;
    }

    /// <summary>Whether a WABA has a receiver of its own.</summary>
    public WebhookSettings? OverrideOf(string wabaId) => _wabaOverrides.GetValueOrDefault(wabaId);

    private BusinessNumber Invent(string id)
    {
        var serial = id.Aggregate(7, (hash, c) => ((hash * 31) + c) % 10_000_000);
        var display = string.Create(
            CultureInfo.InvariantCulture, $"+{_options.CallingCode} 804 {serial / 10_000:000} {serial % 10_000:0000}");
        return new BusinessNumber { Id = id, DisplayPhoneNumber = display, CallingCode = _options.CallingCode };
    }
}
