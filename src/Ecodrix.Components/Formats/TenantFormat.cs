using System.Globalization;

namespace Ecodrix.Components.Formats;

/// <summary>How a tenant writes numbers, money and times; pages cascade it to every component.</summary>
public sealed class TenantFormat
{
    private readonly string _currency;
    private readonly TimeZoneInfo _zone;
    private readonly NumberFormatInfo _money;

    /// <summary>The format of a tenant.</summary>
    /// <param name="country">ISO 3166 alpha-2, for grouping and order.</param>
    /// <param name="currency">ISO 4217.</param>
    /// <param name="timeZone">IANA zone.</param>
    public TenantFormat(string country, string currency, string timeZone)
    {
        Culture = CultureOf(country);
        _currency = currency;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        Zone = timeZone;
        _money = (NumberFormatInfo)Culture.NumberFormat.Clone();
        _money.CurrencySymbol = SymbolOf(currency, Culture);
    }

    /// <summary>For pages of no tenant.</summary>
    public static TenantFormat Default { get; } = new("US", "USD", "UTC");

    /// <summary>The culture numbers and dates are written in.</summary>
    public CultureInfo Culture { get; }

    /// <summary>The IANA zone times are shown in.</summary>
    public string Zone { get; }

    /// <summary>Money, without a fraction where there is none: ₹1,20,000.</summary>
    public string Money(decimal amount) => amount.ToString(amount == decimal.Truncate(amount) ? "C0" : "C2", _money);

    /// <summary>Money in the space of a card: ₹1.2L in India, ₹120K elsewhere.</summary>
    public string ShortMoney(decimal amount)
    {
        var size = Math.Abs(amount);
        var (divisor, unit) = _currency == "INR"
            ? size >= 1_00_00_000 ? (1_00_00_000m, "Cr") : size >= 1_00_000 ? (1_00_000m, "L") : size >= 1_000 ? (1_000m, "K") : (1m, "")
            : size >= 1_000_000_000 ? (1_000_000_000m, "B") : size >= 1_000_000 ? (1_000_000m, "M") : size >= 1_000 ? (1_000m, "K") : (1m, "");
        return _money.CurrencySymbol + (amount / divisor).ToString(divisor == 1 ? "0.##" : "0.#", Culture) + unit;
    }

    /// <summary>A count with the tenant's grouping.</summary>
    public string Number(decimal number) => number.ToString(number == decimal.Truncate(number) ? "N0" : "N1", Culture);

    /// <summary>A ratio 0–1 as per cent.</summary>
    public string Percent(double ratio) => ratio.ToString("P0", Culture).Replace("\u00a0", "", StringComparison.Ordinal);

    /// <summary>A UTC time in the tenant's zone.</summary>
    public DateTime Local(DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), _zone);

    /// <summary>A time of the tenant's zone as UTC; one that a clock put forward leaves out is the one an hour later.</summary>
    public DateTime ToUtc(DateTime local)
    {
        var at = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        return TimeZoneInfo.ConvertTimeToUtc(_zone.IsInvalidTime(at) ? at.AddHours(1) : at, _zone);
    }

    /// <summary>A time as people say it: 14:05, yesterday 14:05, 12 Mar, 12 Mar 2025.</summary>
    public string When(DateTime utc, DateTime nowUtc)
    {
        var (at, now) = (Local(utc), Local(nowUtc));
        var time = at.ToString("HH:mm", Culture);
        return (at.Date - now.Date).Days switch
        {
            0 => time,
            -1 => $"yesterday {time}",
            1 => $"tomorrow {time}",
            _ => at.Year == now.Year ? at.ToString("d MMM", Culture) : at.ToString("d MMM yyyy", Culture),
        };
    }

    /// <summary>A day as people say it: today, yesterday, 12 Mar.</summary>
    public string Day(DateTime utc, DateTime nowUtc) => (Local(utc).Date - Local(nowUtc).Date).Days switch
    {
        0 => "Today",
        -1 => "Yesterday",
        1 => "Tomorrow",
        _ => Local(utc).Year == Local(nowUtc).Year ? Local(utc).ToString("ddd d MMM", Culture) : Local(utc).ToString("d MMM yyyy", Culture),
    };

    /// <summary>A time in full, with its zone.</summary>
    public string Exactly(DateTime utc) => Local(utc).ToString("ddd d MMM yyyy HH:mm:ss", Culture) + " " + Zone;

    /// <summary>A length of time: 240 ms, 3.2 s, 5 min, 3 h 12 min, 4 d.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{length.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.#} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{length.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)length.TotalHours} h {length.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{length.TotalDays:0} d"),
    };

    /// <summary>How long something stayed where it was: as <see cref="Length"/> from a minute on, as the report that says so counts no seconds.</summary>
    public static string Stay(TimeSpan length) => length < TimeSpan.FromMinutes(1) ? "under a minute" : Length(length);

    private static CultureInfo CultureOf(string country)
    {
        try
        {
            return CultureInfo.GetCultureInfo($"en-{country}");
        }
        catch (CultureNotFoundException)
        {
            return CultureInfo.GetCultureInfo("en-US");
        }
    }

    private static string SymbolOf(string currency, CultureInfo culture)
    {
        var known = currency switch { "INR" => "₹", "USD" => "$", "EUR" => "€", "GBP" => "£", "JPY" => "¥", "AED" => "AED ", _ => null };
        return known ?? (new RegionInfo(culture.Name).ISOCurrencySymbol == currency ? culture.NumberFormat.CurrencySymbol : currency + " ");
    }
}
