using System.Text;
using System.Text.RegularExpressions;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>Makes tenants, lists them, changes their settings and ends them.</summary>
public sealed partial class TenantOnboarding
{
    private readonly ControlDb _control;
    private readonly TenantDirectory _directory;
    private readonly AuditLog _audit;
    private readonly AutomationGate _gate;
    private readonly IEnumerable<ITenantBelongings> _belongings;
    private readonly TimeProvider _clock;

    internal TenantOnboarding(ControlDb control, TenantDirectory directory, AuditLog audit, AutomationGate gate, IEnumerable<ITenantBelongings> belongings, TimeProvider clock)
    {
        _belongings = belongings;
        _gate = gate;
        _audit = audit;
        _control = control;
        _directory = directory;
        _clock = clock;
    }

    internal static ControlIndexes Indexes { get; } = new(
        Tenant.Collection,
        IndexModel.On("code").Unique(),
        IndexModel.On("status", "code"),
        IndexModel.On("origins"),
        IndexModel.On("phoneNumberId"),
        IndexModel.On("businessId"),
        IndexModel.On("verifyTokenHash"));

    /// <summary>Makes a tenant with its own database and a first key that may do everything.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, CLIENT_CODE_TAKEN.</exception>
    public async Task<NewClientView> CreateAsync(PlatformScope platform, NewClient input, CancellationToken ct)
    {
        var check = new Check();
        var name = check.Required(input.Name, "name", 100);
        var code = check.Text(input.Code, "code", 32) ?? Slug(name);
        check.That(input.Code is null || CodePattern().IsMatch(code), "code", "code must have 3 to 32 characters of a-z, 0-9 and - and begin with a letter or digit.");
        var country = Country(check, input.DefaultCountry ?? "IN");
        var currency = Currency(check, input.Currency ?? "INR");
        var zone = Zone(check, input.TimeZone ?? "Asia/Kolkata");
        check.Throw();

        var now = _clock.GetUtcNow().UtcDateTime;
        var (key, stored) = TenantKeys.Make("First key", [ApiScope.All], now, null);
        var tenant = new Tenant
        {
            Id = ObjectId.GenerateNewId(),
            Code = code,
            Name = name,
            Country = country,
            Currency = currency,
            TimeZone = zone,
            // A fixed-length name whatever the code: MongoDB allows 63 bytes.
            Database = $"ecodrix_{code}",
            Keys = [stored],
            CreatedAt = now,
            UpdatedAt = now,
        };

        await InsertAsync(tenant, input.Code is null, ct);
        await _audit.NoteAsync(tenant.Code, platform.Actor, "client.made", tenant.Code, [new AuditChange("name", null, tenant.Name)], ct);
        return new NewClientView(tenant.Code, key, ClientView.Of(tenant, now));
    }

    /// <summary>Tenants, by code.</summary>
    /// <param name="platform">The administration.</param>
    /// <param name="search">Part of the code or name; all when absent.</param>
    /// <param name="status">One status; active and suspended ones when absent.</param>
    /// <param name="paging">Which page.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Page<ClientView>> ListAsync(PlatformScope platform, string? search, TenantStatus? status, Paging paging, CancellationToken ct)
    {
        _ = platform;
        var filters = Builders<Tenant>.Filter;
        var filter = status is { } wanted ? filters.Eq(t => t.Status, wanted) : filters.In(t => t.Status, [TenantStatus.Active, TenantStatus.Suspended]);
        if (!string.IsNullOrWhiteSpace(search))
        {
            var part = new BsonRegularExpression(Regex.Escape(search.Trim()), "i");
            filter &= filters.Regex(t => t.Code, part) | filters.Regex(t => t.Name, part);
        }

        var now = _clock.GetUtcNow().UtcDateTime;
        var total = await _control.Tenants.CountDocumentsAsync(filter, null, ct);
        var rows = await _control.Tenants.Find(filter).SortBy(t => t.Code).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<ClientView>([.. rows.Select(t => ClientView.Of(t, now))], total, paging);
    }

    /// <summary>One tenant.</summary>
    public Task<ClientView> GetAsync(TenantScope scope, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(ClientView.Of(scope.Tenant, _clock.GetUtcNow().UtcDateTime));
    }

    /// <summary>Changes the fields that are present.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<ClientView> ChangeAsync(TenantScope scope, ClientChanges changes, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var check = new Check();
        var updates = new List<UpdateDefinition<Tenant>> { Builders<Tenant>.Update.Set(t => t.UpdatedAt, now) };
        if (changes.Name.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.Name, check.Required(changes.Name.Value, "name", 100)));
        }

        if (changes.DefaultCountry.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.Country, Country(check, changes.DefaultCountry.Value ?? "")));
        }

        if (changes.Currency.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.Currency, Currency(check, changes.Currency.Value ?? "")));
        }

        if (changes.TimeZone.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.TimeZone, Zone(check, changes.TimeZone.Value ?? "")));
        }

        if (changes.AutomationsPaused.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.AutomationsPausedAt, changes.AutomationsPaused.Value == true ? scope.AutomationsPausedAt ?? now : null));
        }

        if (changes.RequireTwoFactor.IsPresent)
        {
            updates.Add(Builders<Tenant>.Update.Set(t => t.RequireTwoFactor, changes.RequireTwoFactor.Value == true));
        }

        AddLimits(updates, check, scope.Tenant, changes);
        check.Throw();
        if (changes.AutomationsPaused.IsPresent && changes.AutomationsPaused.Value != true)
        {
            await _gate.OpeningAsync(scope, ct);
        }

        var view = await UpdateAsync(scope, Builders<Tenant>.Update.Combine(updates), ct);
        if (changes.AutomationsPaused.IsPresent)
        {
            await _gate.SetAsync(scope, view.AutomationsPaused, CancellationToken.None);
        }

        return view;
    }

    private static void AddLimits(List<UpdateDefinition<Tenant>> updates, Check check, Tenant tenant, ClientChanges changes)
    {
        if (changes.RateLimits.IsPresent)
        {
            // Null means the defaults; a limit that is absent beside one that is present stays as it is.
            var limits = changes.RateLimits.Value ?? new RateLimitChanges(60, 600);
            check.Range(limits.TriggerPerMinute, "rateLimits.triggerPerMinute", 1, 100_000);
            check.Range(limits.DefaultPerMinute, "rateLimits.defaultPerMinute", 1, 1_000_000);
            updates.Add(Builders<Tenant>.Update
                .Set(t => t.TriggerPerMinute, limits.TriggerPerMinute ?? tenant.TriggerPerMinute)
                .Set(t => t.DefaultPerMinute, limits.DefaultPerMinute ?? tenant.DefaultPerMinute));
        }

        if (changes.Retention.IsPresent)
        {
            var days = changes.Retention.Value ?? new RetentionChanges(90, 90);
            check.Range(days.EventDays, "retention.eventDays", 1, 3_650);
            check.Range(days.CallbackDays, "retention.callbackDays", 1, 3_650);
            updates.Add(Builders<Tenant>.Update
                .Set(t => t.EventDays, days.EventDays ?? tenant.EventDays)
                .Set(t => t.CallbackDays, days.CallbackDays ?? tenant.CallbackDays));
        }

        if (changes.StaleDays.IsPresent)
        {
            check.Range(changes.StaleDays.Value, "staleDays", 1, 365);
            updates.Add(Builders<Tenant>.Update.Set(t => t.StaleDays, changes.StaleDays.Value ?? Tenant.UsualStaleDays));
        }
    }

    /// <summary>Refuses its keys and people, and holds what was still to be sent for it, until it is resumed; nothing is lost.</summary>
    public Task<ClientView> SuspendAsync(TenantScope scope, CancellationToken ct) => SetStatusAsync(scope, TenantStatus.Suspended, ct);

    /// <summary>Lets its keys and people work again, and lets go what was held.</summary>
    public async Task<ClientView> ResumeAsync(TenantScope scope, CancellationToken ct)
    {
        await _gate.OpeningAsync(scope, ct);
        var view = await SetStatusAsync(scope, TenantStatus.Active, ct);
        await _gate.SetAsync(scope, view.AutomationsPaused, CancellationToken.None);
        return view;
    }

    /// <summary>
    /// Archives a tenant; with <paramref name="purge"/> drops its database, its people, jobs and files, and itself for good. It goes last, so that
    /// a purge that was cut off can be repeated.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="purge">Whether its data goes too.</param>
    /// <param name="confirm">The client code once more, when purging.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">CONFIRM_REQUIRED.</exception>
    public async Task<ClientView> DeleteAsync(TenantScope scope, bool purge, string? confirm, CancellationToken ct)
    {
        if (!purge)
        {
            return await SetStatusAsync(scope, TenantStatus.Archived, ct);
        }

        if (confirm != scope.Code)
        {
            throw TenantRefusals.ConfirmRequired($"Purging drops all data of {scope.Code} for good. Send confirm={scope.Code} to do it.");
        }

        var view = await SetStatusAsync(scope, TenantStatus.Archived, ct);
        foreach (var belongings in _belongings)
        {
            await belongings.EraseAsync(scope, ct);
        }

        await scope.Db.Database.Client.DropDatabaseAsync(scope.Tenant.Database, ct);
        await _control.Tenants.DeleteOneAsync(t => t.Id == scope.Tenant.Id, ct);
        _directory.Forget(scope.Code);
        return view;
    }

    internal async Task<ClientView> UpdateAsync(TenantScope scope, UpdateDefinition<Tenant> update, CancellationToken ct)
    {
        var before = await _control.Tenants.FindByIdAsync(scope.Tenant.Id, ct) ?? throw TenantRefusals.NotFound(scope.Code);
        var after = await _control.Tenants.FindOneAndUpdateAsync<Tenant>(
            t => t.Id == scope.Tenant.Id, update, new FindOneAndUpdateOptions<Tenant> { ReturnDocument = ReturnDocument.After }, ct)
            ?? throw TenantRefusals.NotFound(scope.Code);
        _directory.Forget(scope.Code);
        var (action, changes) = TenantChanges.Between(before, after);
        if (changes.Count > 0)
        {
            // It is done: whoever hangs up now must not keep it from being noted.
            await _audit.NoteAsync(scope, action, scope.Code, changes, CancellationToken.None);
        }

        return ClientView.Of(after, _clock.GetUtcNow().UtcDateTime);
    }

    private Task<ClientView> SetStatusAsync(TenantScope scope, TenantStatus status, CancellationToken ct) =>
        UpdateAsync(scope, Builders<Tenant>.Update.Set(t => t.Status, status).Set(t => t.UpdatedAt, _clock.GetUtcNow().UtcDateTime), ct);

    private async Task InsertAsync(Tenant tenant, bool mayRename, CancellationToken ct)
    {
        var wanted = tenant.Code;
        for (var attempt = 2; ; attempt++)
        {
            try
            {
                await _control.Tenants.InsertOneAsync(tenant, null, ct);
                return;
            }
            catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
            {
                if (!mayRename || attempt > 99)
                {
                    throw TenantRefusals.CodeTaken(tenant.Code);
                }

                tenant.Code = $"{(wanted.Length > 29 ? wanted[..29] : wanted)}-{attempt}";
                tenant.Database = $"ecodrix_{tenant.Code}";
            }
        }
    }

    private static string Country(Check check, string country)
    {
        check.That(Kernel.PhoneNumbers.IsCountry(country), "defaultCountry", $"defaultCountry must be an ISO 3166 country such as IN or US; it is \"{country}\".");
        return country;
    }

    private static string Currency(Check check, string currency)
    {
        check.That(CurrencyPattern().IsMatch(currency), "currency", $"currency must be an ISO 4217 code such as INR or USD; it is \"{currency}\".");
        return currency;
    }

    private static string Zone(Check check, string zone)
    {
        check.That(TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _), "timeZone", $"timeZone must be an IANA zone such as Asia/Kolkata; it is \"{zone}\".");
        return zone;
    }

    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name.Normalize(NormalizationForm.FormD).ToLowerInvariant())
        {
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                slug.Append(c);
            }
            else if ((c is ' ' or '-' or '_' or '.' or '&') && slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = slug.ToString().Trim('-');
        text = text.Length > 32 ? text[..32].Trim('-') : text;
        return text.Length >= 3 ? text : $"client-{text}".Trim('-');
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{2,31}$")]
    private static partial Regex CodePattern();

    [GeneratedRegex("^[A-Z]{3}$")]
    private static partial Regex CurrencyPattern();
}
