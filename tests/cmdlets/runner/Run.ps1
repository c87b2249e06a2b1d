# Walks the tree that discovery made. A block gets a scope of its own in the session of the test
# file, and so does each test inside it: code that a test file gives is dot-sourced there, so that
# what BeforeAll sets is seen by the tests and gone after the block.
#
# `& $script:inScope $code` makes that scope: $inScope is of the test file's session, $code is ours.

# Set by Invoke-DialectRun: the session's scope maker, the session itself, and what to run.
$script:inScope = $null
$script:session = $null
$script:selection = $null

function Invoke-DialectRun {
    [CmdletBinding()]
    param(
        [string[]] $Path,
        [string] $Name,
        [string[]] $Tag,
        [string[]] $ExcludeTag,
        [scriptblock] $InScope
    )

    $script:inScope = $InScope
    $script:session = $PSCmdlet.SessionState
    $script:selection = @{
        Name = $Name
        Tag = $Tag
        ExcludeTag = $ExcludeTag
        HasUtility = $null -ne (Get-Command ConvertTo-Json -ErrorAction Ignore)
    }
    $script:result = Get-EmptyResult
    foreach ($file in $Path) {
        Invoke-TestFile $file
    }

    $script:result
}

function Invoke-TestFile {
    param([string] $File)

    Write-FileName $File
    $root = ConvertTo-Block '' $null $null @() $false
    $script:currentBlock = $root
    try {
        $null = & $script:inScope $File
    }
    catch {
        Write-Failed "discovery of $([IO.Path]::GetFileName($File))" $_ $File
        return
    }
    finally {
        $script:currentBlock = $null
    }

    $drive = Mount-TestDrive
    try {
        Invoke-Block $root
    }
    finally {
        Dismount-TestDrive $drive
    }
}

# -ForEach: the item is $_, and the keys of a dictionary are variables too.
function Add-DataVariable {
    param($Data)

    if ($null -eq $Data) {
        return
    }

    $script:session.PSVariable.Set('_', $Data)
    if ($Data -is [Collections.IDictionary]) {
        foreach ($entry in $Data.GetEnumerator()) {
            $script:session.PSVariable.Set($entry.Key, $entry.Value)
        }
    }
}

# <Name> and <_.Name> in a title, in the scope where the node's variables are.
function Expand-Title {
    param([string] $Name)

    if ($Name -notlike '*<*') {
        return $Name
    }

    $text = $Name -replace '["$]|`(?!<)', '`$0' -replace '(?<!`)<([^<>`]+)>', '$$($$$1)'
    try {
        & $script:inScope ([scriptblock]::Create("`"$text`""))
    }
    catch {
        $Name
    }
}

# Runs code of the test file in the scope that is there, and gives its error, if any. Its output is
# dropped; a `break` outside any loop of its own must not end one of ours.
function Get-Failure {
    param([scriptblock] $Code, $Data)

    $takesData = $Data -is [Collections.IDictionary] -and $Code.Ast.ParamBlock
    $arguments = $takesData ? $Data : @{}
    $ended = $false
    try {
        do {
            $null = . $Code @arguments
            $ended = $true
        } while ($false)
    }
    catch {
        return $_
    }

    if (-not $ended) {
        [Management.Automation.ErrorRecord]::new(
            [InvalidOperationException]::new('A break or continue outside a loop ended the code.'),
            'BreakOutsideLoop', 'InvalidOperation', $Code)
    }
}

function Invoke-Block {
    param($Block)

    $tests = @(Get-SelectedTest $Block)
    if (-not ($tests | Where-Object { -not (Test-Skip $_) })) {
        foreach ($test in $tests) {
            Write-Skipped $test
        }

        return
    }

    $before = @(Get-TestDriveEntry)
    & $script:inScope {
        Add-DataVariable $Block.Data
        $failure = if ($Block.BeforeAll) { Get-Failure $Block.BeforeAll }
        $Block.Title = Expand-Title $Block.Name
        foreach ($child in $Block.Children) {
            Invoke-Child $child $failure
        }

        $failure = if ($Block.AfterAll) { Get-Failure $Block.AfterAll }
        if ($failure) {
            $title = (@(Get-Path $Block Title) + 'AfterAll') -join ' > '
            Write-Failed $title $failure $Block.AfterAll.File
        }
    }
    Clear-TestDrive $before
}

# BlockFailure is the error of a BeforeAll above: it is the error of every test below.
function Invoke-Child {
    param($Child, $BlockFailure)

    if ($Child.Kind -eq 'Block' -and -not $BlockFailure) {
        Invoke-Block $Child
        return
    }

    foreach ($test in Get-SelectedTest $Child) {
        if ($BlockFailure) {
            Write-TestResult $test $BlockFailure ([timespan]::Zero)
        }
        elseif (Test-Skip $test) {
            Write-Skipped $test
        }
        else {
            Invoke-Test $test
        }
    }
}

function Invoke-Test {
    param($Test)

    $watch = [Diagnostics.Stopwatch]::StartNew()
    & $script:inScope {
        Add-DataVariable $Test.Data
        $setups, $teardowns = Get-EachCode $Test
        $failure = $null
        foreach ($code in $setups) {
            $failure ??= Get-Failure $code
        }

        $Test.Title = Expand-Title $Test.Name
        $failure ??= Get-Failure $Test.Code $Test.Data
        foreach ($code in $teardowns) {
            $teardownFailure = Get-Failure $code
            $failure ??= $teardownFailure
        }

        Write-TestResult $Test $failure $watch.Elapsed
    }
}

# BeforeEach from the outermost block inwards, AfterEach the other way.
function Get-EachCode {
    param($Test)

    $setups = [Collections.Generic.List[scriptblock]]::new()
    $teardowns = [Collections.Generic.List[scriptblock]]::new()
    for ($block = $Test.Parent; $block; $block = $block.Parent) {
        if ($block.BeforeEach) { $setups.Insert(0, $block.BeforeEach) }
        if ($block.AfterEach) { $teardowns.Add($block.AfterEach) }
    }

    $setups, $teardowns
}
