# One exit for errors: a stable code that becomes the ErrorId, a sentence that says what was wrong,
# and one that says what to do. docs/errors.md lists the codes.

function Get-ErrorRecord {
    param(
        [string] $Code,
        [string] $Message,
        [string] $Hint,
        [object] $Target
    )
    $category = switch -Wildcard ($Code) {
        '*_INVALID' { 'InvalidArgument' }
        '*_MISSING' { 'NotInstalled' }
        '*_UNSUPPORTED' { 'NotImplemented' }
        default { 'ResourceUnavailable' }
    }
    $text = (@($Message, $Hint) -ne '') -join ' '
    $exception = [InvalidOperationException]::new($text)
    [Management.Automation.ErrorRecord]::new($exception, $Code, $category, $Target)
}
