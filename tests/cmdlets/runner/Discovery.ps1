# The words that a test file is written in, and the tree of blocks and tests they make.

# The block whose body discovery is in.
$script:currentBlock = $null

function ConvertTo-Block {
    param([string] $Name, $Parent, $Data, [string[]] $Tag, [bool] $Skip)

    [pscustomobject]@{
        Kind = 'Block'
        Name = $Name
        Title = $Name
        Parent = $Parent
        Data = $Data
        Tags = @($Parent.Tags) + $Tag
        Skip = $Skip -or $Parent.Skip
        BeforeAll = $null
        AfterAll = $null
        BeforeEach = $null
        AfterEach = $null
        Children = [Collections.Generic.List[object]]::new()
    }
}

function ConvertTo-Test {
    param([string] $Name, [scriptblock] $Code, $Data, [string[]] $Tag, [bool] $Skip)

    $parent = $script:currentBlock
    [pscustomobject]@{
        Kind = 'Test'
        Name = $Name
        Title = $Name
        Parent = $parent
        Data = $Data
        Tags = @($parent.Tags) + $Tag
        Skip = $Skip -or $parent.Skip
        Code = $Code
    }
}

# The items of -ForEach, each in a list of its own; one $null where there is no -ForEach.
function Get-DataItem {
    param([bool] $IsGiven, $Items, [string] $Name)

    if (-not $IsGiven) {
        return , @($null)
    }

    if ($null -eq $Items -or @($Items).Count -eq 0) {
        throw "-ForEach of '$Name' has nothing in it."
    }

    , @($Items)
}

function Describe {
    [CmdletBinding()]
    [Alias('Context')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Parameter(Mandatory, Position = 1)] [scriptblock] $Fixture,
        [string[]] $Tag = @(),
        [switch] $Skip,
        $ForEach
    )

    $items = Get-DataItem $PSBoundParameters.ContainsKey('ForEach') $ForEach $Name
    $parent = $script:currentBlock
    foreach ($item in $items) {
        $block = ConvertTo-Block $Name $parent $item $Tag $Skip
        $parent.Children.Add($block)
        $script:currentBlock = $block
        try {
            & $script:inScope {
                Add-DataVariable $block.Data
                $null = . $Fixture
            }
        }
        finally {
            $script:currentBlock = $parent
        }
    }
}

function It {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Name,
        [Parameter(Mandatory, Position = 1)] [scriptblock] $Test,
        [Alias('TestCases')] $ForEach,
        [string[]] $Tag = @(),
        [switch] $Skip
    )

    $items = Get-DataItem $PSBoundParameters.ContainsKey('ForEach') $ForEach $Name
    foreach ($item in $items) {
        $script:currentBlock.Children.Add((ConvertTo-Test $Name $Test $item $Tag $Skip))
    }
}

function BeforeDiscovery {
    param([Parameter(Mandatory)] [scriptblock] $ScriptBlock)

    $null = . $ScriptBlock
}

function Add-BlockCode {
    param([string] $Kind, [scriptblock] $Code)

    if ($script:currentBlock.$Kind) {
        throw "'$($script:currentBlock.Name)' has a second $Kind. One block has one."
    }

    $script:currentBlock.$Kind = $Code
}

function BeforeAll {
    param([Parameter(Mandatory)] [scriptblock] $Scriptblock)

    Add-BlockCode BeforeAll $Scriptblock
}

function AfterAll {
    param([Parameter(Mandatory)] [scriptblock] $Scriptblock)

    Add-BlockCode AfterAll $Scriptblock
}

function BeforeEach {
    param([Parameter(Mandatory)] [scriptblock] $Scriptblock)

    Add-BlockCode BeforeEach $Scriptblock
}

function AfterEach {
    param([Parameter(Mandatory)] [scriptblock] $Scriptblock)

    Add-BlockCode AfterEach $Scriptblock
}
