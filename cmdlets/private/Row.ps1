# From the worker's columns to objects. A loop of PowerShell that sets one property after the other
# would take longer than all else together, so .NET compiles it, once for each kind of columns:
#
#     for each row: take a copy of the template that its number names, and set on it, of each column,
#     what stands there at the place of the row

using namespace System.Linq.Expressions

$script:cloneMethod = [object].GetMethod(
    'MemberwiseClone', [Reflection.BindingFlags] 'Instance, NonPublic')

$script:rowReaders = @{}

# A delegate: from columns and the list of templates to the array of rows.
function Get-RowReader {
    param([type] $ColumnsType, [type] $RowType)

    if (-not $script:rowReaders.ContainsKey($RowType)) {
        $script:rowReaders[$RowType] = Build-RowReader $ColumnsType $RowType
    }
    $script:rowReaders[$RowType]
}

function Build-RowReader {
    param([type] $ColumnsType, [type] $RowType)

    $columns = [Expression]::Parameter($ColumnsType)
    $templates = [Expression]::Parameter([Collections.Generic.List[object]])
    $row = [Expression]::Variable($RowType)
    $place = [Expression]::Variable([int])
    $numbers = [Expression]::Property($columns, 'Template')
    [Expression[]] $setting = foreach ($column in $ColumnsType.GetProperties() -ne $numbers.Member) {
        Get-ColumnStep -Row $row -Columns $columns -Name $column.Name -Place $place
    }
    $body = Get-RowLoop -Row $row -Place $place -Numbers $numbers -Templates $templates -Setting $setting
    [Expression]::Lambda($body, [ParameterExpression[]] @($columns, $templates)).Compile()
}

# The loop over all places: $Numbers are those of the templates, $Setting is done for each row.
function Get-RowLoop {
    param(
        [ParameterExpression] $Row,
        [ParameterExpression] $Place,
        [Expression] $Numbers,
        [Expression] $Templates,
        [Expression[]] $Setting
    )
    $rows = [Expression]::Variable([object[]])
    $number = [Expression]::ArrayIndex($Numbers, $Place)
    $template = [Expression]::Property($Templates, 'Item', [Expression[]] $number)
    [Expression[]] $steps = @(
        [Expression]::Assign($Row, (Get-CopyStep $template $Row.Type))
        $Setting
        [Expression]::Assign([Expression]::ArrayAccess($rows, [Expression[]] $Place), $Row)
    )
    $loop = Get-Loop -Place $Place -Array $Numbers -Steps $steps
    $room = [Expression]::NewArrayBounds(
        [object], [Expression[]] [Expression]::ArrayLength($Numbers))
    [Expression]::Block(
        [ParameterExpression[]] @($rows, $Row, $Place),
        [Expression[]] @([Expression]::Assign($rows, $room), $loop, $rows))
}

# Takes the steps for each place of the array.
function Get-Loop {
    param([ParameterExpression] $Place, [Expression] $Array, [Expression[]] $Steps)

    $done = [Expression]::Label()
    $isLeft = [Expression]::LessThan($Place, [Expression]::ArrayLength($Array))
    $Steps += [Expression]::PreIncrementAssign($Place)
    [Expression]::Loop([Expression]::IfThenElse(
            $isLeft, [Expression]::Block($Steps), [Expression]::Break($done)), $done)
}

function Get-CopyStep {
    param([Expression] $Template, [type] $Type)

    [Expression]::Convert([Expression]::Call($Template, $script:cloneMethod), $Type)
}

# Sets what the column has for the row; a column may be left out.
function Get-ColumnStep {
    param([Expression] $Row, [Expression] $Columns, [string] $Name, [Expression] $Place)

    $column = [Expression]::Property($Columns, $Name)
    $property = [Expression]::Property($Row, $Name)
    $value = [Expression]::Convert([Expression]::ArrayIndex($column, $Place), $property.Type)
    [Expression]::IfThen(
        [Expression]::NotEqual($column, [Expression]::Constant($null)),
        [Expression]::Assign($property, $value))
}
