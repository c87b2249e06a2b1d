# Should -Throw: runs a block and asks for an error, by its message (a wildcard), its
# FullyQualifiedErrorId (a wildcard) and the type of its exception.

function Assert-Throw {
    param($Code, [hashtable] $Wanted, [bool] $Negate, [string] $Why)

    if ($Code -isnot [scriptblock]) {
        throw [ArgumentException]::new('Should -Throw takes a block in curly braces.')
    }

    $caught = Get-ThrownError $Code
    if ($Negate) {
        if ($caught) {
            Deny-Assertion "Expected no error,$Why but got '$($caught.Exception.Message)'."
        }

        return
    }

    $wants, $but = Compare-Error $caught $Wanted
    if ($but) {
        Deny-Assertion "Expected an error$wants,$Why but $($but -join ' and ')."
    }

    $caught
}

function Get-ThrownError {
    param([scriptblock] $Code)

    try {
        do {
            $null = & $Code
        } while ($false)
    }
    catch {
        $_
    }
}

# What was wanted in words, and every way in which the error is not that.
function Compare-Error {
    param($Caught, [hashtable] $Wanted)

    $exception = $Caught.Exception
    $message, $id = $exception.Message, $Caught.FullyQualifiedErrorId
    $checks = @(
        if ($Wanted.Type) {
            $type = Format-Value ($exception)?.GetType()
            $isType = $exception -is $Wanted.Type
            , @("of type $(Format-Value $Wanted.Type)", $isType, "its type was $type")
        }
        if ($Wanted.Message) {
            $isLike = $message -like $Wanted.Message
            , @("with a message like '$($Wanted.Message)'", $isLike, "its message was '$message'")
        }
        if ($Wanted.Id) {
            $isLike = $id -like $Wanted.Id
            , @("with the ErrorId '$($Wanted.Id)'", $isLike, "its ErrorId was '$id'")
        }
    )
    $wants = foreach ($check in $checks) { " $($check[0])" }
    $but = if (-not $Caught) {
        'nothing was thrown'
    }
    else {
        foreach ($check in $checks) { if (-not $check[1]) { $check[2] } }
    }

    ($wants -join ' and'), $but
}
