using MudBlazor;

namespace Ecodrix.App.Pages.Layout;

/// <summary>The product's face, for MudBlazor's components; <c>app.css</c> has the same colours for our own.</summary>
internal static class EcodrixTheme
{
    private static readonly string[] Font = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0E7C66",
            Secondary = "#5B5BD6",
            Tertiary = "#B54708",
            Error = "#B42318",
            Success = "#067647",
            Warning = "#B54708",
            Info = "#5B5BD6",
            Background = "#F8FAFA",
            BackgroundGray = "#F1F5F4",
            Surface = "#FFFFFF",
            TextPrimary = "#101828",
            TextSecondary = "#475467",
            ActionDefault = "#475467",
            Divider = "#E4E9E8",
            LinesDefault = "#E4E9E8",
            LinesInputs = "#8591A3",
            TableLines = "#E4E9E8",
            DrawerBackground = "#FFFFFF",
            AppbarBackground = "#FFFFFF",
            AppbarText = "#101828",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#3DBE9F",
            PrimaryContrastText = "#06251E",
            Secondary = "#A5A5F5",
            Tertiary = "#F5A453",
            Error = "#F97066",
            Success = "#47CD89",
            Warning = "#F5A453",
            Info = "#A5A5F5",
            Background = "#0F1514",
            BackgroundGray = "#131A18",
            Surface = "#161D1B",
            TextPrimary = "#ECF1F0",
            TextSecondary = "#A3B1AE",
            ActionDefault = "#A3B1AE",
            Divider = "#26302E",
            LinesDefault = "#26302E",
            LinesInputs = "#60706D",
            TableLines = "#26302E",
            DrawerBackground = "#161D1B",
            AppbarBackground = "#161D1B",
            AppbarText = "#ECF1F0",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Font, FontSize = "14px", LineHeight = "1.45", LetterSpacing = "0" },
            H1 = new H1Typography { FontFamily = Font, FontSize = "20px", FontWeight = "650", LetterSpacing = "-0.01em", LineHeight = "1.3" },
            H2 = new H2Typography { FontFamily = Font, FontSize = "16px", FontWeight = "600", LetterSpacing = "0", LineHeight = "1.35" },
            H6 = new H6Typography { FontFamily = Font, FontSize = "16px", FontWeight = "600", LetterSpacing = "0", LineHeight = "1.35" },
            Body1 = new Body1Typography { FontFamily = Font, FontSize = "14px", LineHeight = "1.45", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = Font, FontSize = "13px", LineHeight = "1.4", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Font, FontSize = "13px", FontWeight = "550", LetterSpacing = "0", TextTransform = "none" },
            Caption = new CaptionTypography { FontFamily = Font, FontSize = "12px", LetterSpacing = "0" },
        },
    };
}
