namespace Ecodrix.Engine.Kernel;

/// <summary>Which page of a list is wanted. Only <see cref="From"/> makes one, so an unbounded page cannot be asked for.</summary>
public readonly record struct Paging
{
    /// <summary>The most rows a page may have.</summary>
    public const int MaxLimit = 100;

    private Paging(int number, int limit)
    {
        Number = number;
        Limit = limit;
    }

    /// <summary>The page, from 1.</summary>
    public int Number { get; }

    /// <summary>Rows per page, 1 to 100.</summary>
    public int Limit { get; }

    /// <summary>Rows before this page.</summary>
    public int Skip => (Number - 1) * Limit;

    /// <summary>Reads the two query parameters.</summary>
    /// <param name="page">From 1; 1 when absent.</param>
    /// <param name="limit">1 to 100; 25 when absent.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static Paging From(int? page = null, int? limit = null)
    {
        var check = new Check()
            // Beyond this the skip itself would overflow; a list that long wants keyset paging.
            .That(page is null or (>= 1 and <= 1_000_000), "page", "page must be a whole number from 1.")
            .That(limit is null or (>= 1 and <= MaxLimit), "limit", $"limit must be a whole number from 1 to {MaxLimit}.");
        check.Throw();
        return new Paging(page ?? 1, limit ?? 25);
    }
}

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The rows of this page.</param>
/// <param name="Total">Rows on all pages.</param>
/// <param name="Paging">Which page this is.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long Total, Paging Paging)
{
    /// <summary>How many pages there are.</summary>
    public long TotalPages => (Total + Paging.Limit - 1) / Paging.Limit;

    /// <summary>The same page with each row made into something else.</summary>
    public Page<TOther> Select<TOther>(Func<T, TOther> map) => new([.. Items.Select(map)], Total, Paging);
}
